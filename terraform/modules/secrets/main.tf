# The key that encrypts everything, and the secrets, which operators set and read. No host reads them: Ansible looks them
# up with the operator's credentials and copies to each host what its programs need.

resource "aws_kms_key" "this" {
  description             = "Disks, database, bucket, secrets, logs and alarms of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        # Without this statement the account's IAM policies would not apply, and no one could manage the key.
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        # CloudWatch publishes to the encrypted alarm topic.
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
      },
      {
        Sid       = "Logs"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.region}.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = [
              for group in var.log_groups : "arn:aws:logs:${var.region}:${var.account_id}:log-group:${group}"
            ]
          }
        }
      },
      ], [
      # Only through S3, which decrypts what it may give them: they cannot decrypt a secret.
      for principals in [var.readers] : {
        Sid       = "Readers"
        Effect    = "Allow"
        Principal = { AWS = principals }
        Action    = ["kms:Decrypt"]
        Resource  = "*"
        Condition = { StringEquals = { "kms:ViaService" = "s3.${var.region}.amazonaws.com" } }
      }
      if length(principals) > 0
    ])
  })

  tags = { Name = var.name }
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}

# Terraform creates the parameters and operators set the values, so the state never contains a secret.
resource "aws_ssm_parameter" "this" {
  for_each = var.parameters

  name             = "${var.parameter_path}/${each.key}"
  description      = "Set by an operator, never by Terraform"
  type             = "SecureString"
  key_id           = aws_kms_key.this.arn
  value_wo         = "unset"
  value_wo_version = 1
}
