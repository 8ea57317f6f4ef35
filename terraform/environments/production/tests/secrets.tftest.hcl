# Key and secrets.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "secrets" {
  module {
    source = "../../modules/secrets"
  }

  variables {
    name           = "kalshi-data-test"
    region         = "us-east-1"
    account_id     = "123456789012"
    parameter_path = "/kalshi-data/test"
    parameters     = ["sync_password", "production_password"]
  }

  assert {
    condition = output.parameter_names == {
      sync_password       = "/kalshi-data/test/sync_password"
      production_password = "/kalshi-data/test/production_password"
    }
    error_message = "Every secret is in one folder."
  }

  assert {
    condition = alltrue([
      for each in aws_ssm_parameter.this :
      each.type == "SecureString" && each.key_id == aws_kms_key.this.arn
    ])
    error_message = "Every secret is encrypted with our key."
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "The key is rotated."
  }
}

run "with_readers" {
  module {
    source = "../../modules/secrets"
  }

  variables {
    name           = "kalshi-data-test"
    region         = "us-east-1"
    account_id     = "123456789012"
    parameter_path = "/kalshi-data/test"
    parameters     = ["sync_password"]
    readers        = ["arn:aws:iam::210987654321:role/research"]
  }

  assert {
    condition = one([
      for each in jsondecode(aws_kms_key.this.policy).Statement : each if each.Sid == "Readers"
      ]) == {
      Sid       = "Readers"
      Effect    = "Allow"
      Principal = { AWS = ["arn:aws:iam::210987654321:role/research"] }
      Action    = ["kms:Decrypt"]
      Resource  = "*"
      Condition = { StringEquals = { "kms:ViaService" = "s3.us-east-1.amazonaws.com" } }
    }
    error_message = "S3 decrypts the archive for readers; they decrypt no secret."
  }
}
