# The whole of production on each engine, applied to a mocked provider.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  account_id  = "123456789012"
  alarm_email = "alarms@example.com"
  agents = {
    ssm        = { version = "3.3.40.0", sha256 = "0000000000000000000000000000000000000000000000000000000000000000" }
    cloudwatch = { version = "1.300040.0b650", sha256 = "1111111111111111111111111111111111111111111111111111111111111111" }
  }
}

run "rds" {
  assert {
    condition     = keys(module.gatherer.hosts) == ["gatherer-1", "gatherer-2", "gatherer-3"]
    error_message = "There are three gatherers."
  }

  assert {
    condition     = keys(module.deduplicator.hosts) == ["deduplicator-1"]
    error_message = "There is one deduplicator."
  }

  assert {
    condition     = length(module.database) == 1 && length(module.database_host) == 0
    error_message = "Production is on RDS only."
  }

  assert {
    condition     = yamldecode(output.ansible_variables).kalshi_production.address == module.database[0].address
    error_message = "Ansible gets the address of the RDS instance."
  }

  assert {
    condition     = startswith(output.master_secret_arn, "arn:aws:secretsmanager:")
    error_message = "Operators get the secret of the master password."
  }

  assert {
    condition     = length(module.backups) == 0 && length(yamldecode(output.ansible_variables).kalshi_backups) == 0
    error_message = "RDS keeps its backups itself."
  }

  assert {
    condition = alltrue([
      aws_sns_topic.alarms.kms_master_key_id == module.secrets.key_arn,
      aws_sns_topic_subscription.alarms.endpoint == "alarms@example.com",
    ])
    error_message = "Alarms are encrypted and reach the address."
  }
}

run "timescaledb" {
  variables {
    production_engine = "timescaledb"
  }

  assert {
    condition     = length(module.database) == 0 && keys(module.database_host[0].hosts) == ["production-1"]
    error_message = "Production is on a host of our own only."
  }

  assert {
    condition = (
      yamldecode(output.ansible_variables).kalshi_production.address
      == module.database_host[0].hosts["production-1"].address
    )
    error_message = "Ansible gets the address of the host."
  }

  assert {
    condition = (
      yamldecode(output.ansible_variables).kalshi_backups
      == { bucket = "kalshi-data-backups-123456789012", role = "kalshi-data-production-production" }
    )
    error_message = "Ansible gets the bucket of the backups, and the role that may use it."
  }

  assert {
    condition     = output.master_secret_arn == null
    error_message = "There is no RDS password."
  }
}

run "rejects_unknown_values" {
  command = plan

  variables {
    account_id        = "12345"
    alarm_email       = "no address"
    production_engine = "mysql"
    agents = {
      ssm        = { version = "3.3.40.0", sha256 = "not a checksum" }
      cloudwatch = { version = "1.300040.0b650", sha256 = "" }
    }
  }

  expect_failures = [var.account_id, var.alarm_email, var.production_engine, var.agents]
}

run "read_by_others" {
  variables {
    readers          = ["arn:aws:iam::210987654321:role/research"]
    catalog_database = "kalshi_iceberg"
  }

  assert {
    condition     = yamldecode(output.ansible_variables).kalshi_catalog == "kalshi_iceberg"
    error_message = "Ansible gets the name of the database."
  }
}

run "rejects_everyone_as_reader" {
  command = plan

  variables {
    readers = ["*"]
  }

  expect_failures = [var.readers]
}
