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
    log_groups     = ["/kalshi-data/test/health"]
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

  assert {
    condition = one([
      for each in jsondecode(aws_kms_key.this.policy).Statement : each.Condition if each.Sid == "Logs"
      ]) == {
      ArnLike = {
        "kms:EncryptionContext:aws:logs:arn" = ["arn:aws:logs:us-east-1:123456789012:log-group:/kalshi-data/test/health"]
      }
    }
    error_message = "The log service encrypts the named groups only."
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
    log_groups     = ["/kalshi-data/test/health"]
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
