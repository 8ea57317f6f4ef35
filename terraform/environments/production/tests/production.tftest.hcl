# The whole of production, applied to a mocked provider, on each engine.

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
    error_message = "Production is on RDS, and there only."
  }

  assert {
    condition     = yamldecode(output.ansible_variables).kalshi_production.address == module.database[0].address
    error_message = "Ansible is told the address of the RDS instance."
  }

  assert {
    condition     = startswith(output.master_secret_arn, "arn:aws:secretsmanager:")
    error_message = "Operators are told where the master password is."
  }
}

run "timescaledb" {
  variables {
    production_engine = "timescaledb"
  }

  assert {
    condition     = length(module.database) == 0 && keys(module.database_host[0].hosts) == ["production-1"]
    error_message = "Production is on a host of its own, and there only."
  }

  assert {
    condition = (
      yamldecode(output.ansible_variables).kalshi_production.address
      == module.database_host[0].hosts["production-1"].address
    )
    error_message = "Ansible is told the address of the host."
  }

  assert {
    condition     = contains(keys(module.secrets.parameter_names), "production/production_password")
    error_message = "The host has a folder of secrets of its own."
  }

  assert {
    condition     = output.master_secret_arn == null
    error_message = "There is no RDS password."
  }
}

run "refuses_unknown_values" {
  command = plan

  variables {
    account_id        = "12345"
    alarm_email       = "nobody"
    production_engine = "mysql"
    agents = {
      ssm        = { version = "3.3.40.0", sha256 = "not a checksum" }
      cloudwatch = { version = "1.300040.0b650", sha256 = "" }
    }
  }

  expect_failures = [var.account_id, var.alarm_email, var.production_engine, var.agents]
}
