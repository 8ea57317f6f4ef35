# The role of the hosts: management by SSM and, if the program writes the archive, its prefix. A role reads no secret,
# because every program on its host can use the role.

locals {
  # What a role needs beside the rights to a bucket.
  encrypt_objects = {
    Sid       = "EncryptObjects"
    Effect    = "Allow"
    Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource  = var.key_arn
    Condition = { StringEquals = { "kms:ViaService" = "s3.${var.region}.amazonaws.com" } }
  }
}

resource "aws_iam_role" "this" {
  name = "${var.name}-${var.program}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_instance_profile" "this" {
  name = "${var.name}-${var.program}"
  role = aws_iam_role.this.name
}

# AWS's managed policy for SSM would also let the hosts read every secret of the account.
resource "aws_iam_role_policy" "management" {
  # checkov:skip=CKV_AWS_290: these actions support no resources; PutMetricData is limited to its namespace
  # checkov:skip=CKV_AWS_355: the same two statements cannot name a resource for the same reason
  name = "management"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid    = "SessionsAndCommands"
        Effect = "Allow"
        Action = [
          "ssm:UpdateInstanceInformation",
          "ssmmessages:CreateControlChannel",
          "ssmmessages:CreateDataChannel",
          "ssmmessages:OpenControlChannel",
          "ssmmessages:OpenDataChannel",
        ]
        Resource = "*"
      },
      {
        Sid       = "DiskMetrics"
        Effect    = "Allow"
        Action    = "cloudwatch:PutMetricData"
        Resource  = "*"
        Condition = { StringEquals = { "cloudwatch:namespace" = "KalshiData" } }
      },
      ], [
      # CloudWatch makes the metric out of the lines.
      for group in var.health_log_group[*] : {
        Sid      = "HealthLines"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = "arn:aws:logs:${var.region}:*:log-group:${group}:*"
      }
    ])
  })
}

resource "aws_iam_role_policy" "archive" {
  count = var.archive == null ? 0 : 1

  name = "archive"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Without delete: a repeated export replaces the object, and the bucket keeps the old version.
        Sid      = "OwnPrefix"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
        Resource = "arn:aws:s3:::${var.archive.bucket}/${var.archive.prefix}*"
      },
      {
        Sid       = "ListOwnPrefix"
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = "arn:aws:s3:::${var.archive.bucket}"
        Condition = { StringLike = { "s3:prefix" = "${var.archive.prefix}*" } }
      },
      local.encrypt_objects,
    ]
  })
}

# The tool that makes backups deletes those that are too old. The bucket keeps their versions, which no role deletes.
resource "aws_iam_role_policy" "backups" {
  count = var.backups == null ? 0 : 1

  name = "backups"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "OwnBucket"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        Resource = "arn:aws:s3:::${var.backups.bucket}/*"
      },
      {
        Sid      = "ListOwnBucket"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = "arn:aws:s3:::${var.backups.bucket}"
      },
      local.encrypt_objects,
    ]
  })
}

# Only the tables of one database, and only the metadata that the program itself writes beside the archive.
resource "aws_iam_role_policy" "catalog" {
  count = var.catalog == null ? 0 : 1

  name = "catalog"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "OwnDatabase"
        Effect = "Allow"
        Action = [
          "glue:CreateDatabase",
          "glue:GetDatabase",
          "glue:CreateTable",
          "glue:GetTable",
          "glue:UpdateTable",
        ]
        Resource = [
          "arn:aws:glue:${var.region}:${var.catalog.account_id}:catalog",
          "arn:aws:glue:${var.region}:${var.catalog.account_id}:database/${var.catalog.database}",
          "arn:aws:glue:${var.region}:${var.catalog.account_id}:table/${var.catalog.database}/*",
        ]
      },
      {
        # Old lists of files; the bucket keeps their versions, and the archive's own files are out of reach.
        Sid      = "OldMetadata"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject"]
        Resource = ["arn:aws:s3:::${var.archive.bucket}/${var.archive.prefix}_iceberg/*"]
      },
    ]
  })
}
