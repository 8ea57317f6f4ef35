# Production on RDS.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "database" {
  module {
    source = "../../modules/database"
  }

  variables {
    name              = "kalshi-data-test"
    availability_zone = "us-east-1a"
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    instance_class    = "db.t4g.large"
    storage_gb        = 500
    storage_gb_max    = 1000
    key_arn           = "arn:aws:kms:us-east-1:123456789012:key/mocked"
    alarm_topic_arn   = "arn:aws:sns:us-east-1:123456789012:mocked"
  }

  assert {
    condition = alltrue([
      aws_db_instance.this.storage_encrypted,
      aws_db_instance.this.storage_type == "gp3",
      aws_db_instance.this.allocated_storage == 500,
      aws_db_instance.this.max_allocated_storage == 1000,
    ])
    error_message = "Storage is 500 GB of encrypted gp3 and grows to at most 1000."
  }

  assert {
    condition     = contains([for each in aws_db_parameter_group.this.parameter : "${each.name}=${each.value}"], "rds.force_ssl=1")
    error_message = "TLS is forced."
  }

  assert {
    condition = length(setsubtract(
      [
        "tcp_keepalives_idle=10", "tcp_keepalives_interval=5", "tcp_keepalives_count=3", "tcp_user_timeout=20000",
        "client_connection_check_interval=5000",
      ],
      [for each in aws_db_parameter_group.this.parameter : "${each.name}=${each.value}"]
    )) == 0
    error_message = "A session whose client vanished ends within 25 seconds."
  }

  assert {
    condition = alltrue([
      for each in aws_db_parameter_group.this.parameter : tonumber(each.value) >= 600000 && tonumber(each.value) <= 3600000
      if each.name == "idle_in_transaction_session_timeout"
    ])
    error_message = "A transaction cannot stay open for ever, and outlasts the export of an hour."
  }

  assert {
    condition = one([
      for each in aws_db_parameter_group.this.parameter : tonumber(each.value) if each.name == "max_connections"
    ]) > aws_cloudwatch_metric_alarm.this["connections"].threshold
    error_message = "The alarm is raised before connections are refused."
  }

  assert {
    condition     = aws_db_instance.this.parameter_group_name == aws_db_parameter_group.this.name
    error_message = "The instance uses the parameter group."
  }

  assert {
    condition = alltrue([
      aws_db_instance.this.backup_retention_period == 7,
      aws_db_instance.this.deletion_protection,
      !aws_db_instance.this.skip_final_snapshot,
    ])
    error_message = "Backups are kept for 7 days, and the instance cannot be deleted by accident."
  }

  assert {
    condition     = aws_db_instance.this.performance_insights_enabled
    error_message = "Performance insights are on."
  }

  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null
    error_message = "RDS manages the master password."
  }

  assert {
    condition     = !aws_db_instance.this.publicly_accessible && aws_db_instance.this.availability_zone == "us-east-1a"
    error_message = "The instance is private and in us-east-1a."
  }

  assert {
    condition = (
      toset([for alarm in aws_cloudwatch_metric_alarm.this : alarm.metric_name])
      == toset(["FreeStorageSpace", "CPUUtilization", "DatabaseConnections", "MaximumUsedTransactionIDs"])
    )
    error_message = "Storage, CPU, connections and the age of transactions raise alarms."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["storage"].threshold == 50000000000
    error_message = "The storage alarm is raised when a tenth is left."
  }
}
