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
    parameters = {
      gatherer     = ["sync_password"]
      deduplicator = ["sync_password", "production_password"]
    }
  }

  assert {
    condition = output.parameter_names == {
      "gatherer/sync_password"           = "/kalshi-data/test/gatherer/sync_password"
      "deduplicator/sync_password"       = "/kalshi-data/test/deduplicator/sync_password"
      "deduplicator/production_password" = "/kalshi-data/test/deduplicator/production_password"
    }
    error_message = "Each program has its own folder."
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
