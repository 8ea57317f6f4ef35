# The hosts of one program: disks, metadata, role and alarms.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name              = "kalshi-data-test"
  program           = "deduplicator"
  region            = "us-east-1"
  hosts             = { deduplicator-1 = "subnet-1" }
  public_address    = false
  security_group_id = "sg-1"
  instance_type     = "t4g.xlarge"
  disk_gb           = 50
  key_arn           = "arn:aws:kms:us-east-1:123456789012:key/mocked"
  archive           = { bucket = "bucket", prefix = "parquet/" }
  tags              = { Project = "kalshi-data" }
  alarm_topic_arn   = "arn:aws:sns:us-east-1:123456789012:mocked"
  health_log_group  = "/kalshi-data/test/health"
  agents = {
    ssm        = { version = "3.3.40.0", sha256 = "0000000000000000000000000000000000000000000000000000000000000000" }
    cloudwatch = { version = "1.300040.0b650", sha256 = "1111111111111111111111111111111111111111111111111111111111111111" }
  }
}

run "image" {
  command = plan

  module {
    source = "../../modules/host"
  }

  assert {
    condition     = data.aws_ami.debian.owners == tolist(["136693071363"]) && data.aws_ami.debian.most_recent
    error_message = "The image is the Debian project's newest."
  }

  assert {
    condition = (
      { for filter in data.aws_ami.debian.filter : filter.name => one(filter.values) }
      == { name = "debian-13-arm64-*", architecture = "arm64" }
    )
    error_message = "The image is Debian 13 for arm64."
  }
}

run "host" {
  module {
    source = "../../modules/host"
  }

  assert {
    condition = alltrue([
      for disk in [for host in aws_instance.this : host.root_block_device[0]] :
      disk.encrypted && disk.volume_type == "gp3" && disk.volume_size == 50
    ])
    error_message = "The disk is an encrypted gp3 of the requested size."
  }

  assert {
    condition     = alltrue([for host in aws_instance.this : host.metadata_options[0].http_tokens == "required"])
    error_message = "Metadata is served to IMDSv2 only."
  }

  assert {
    condition     = aws_instance.this["deduplicator-1"].associate_public_ip_address == false
    error_message = "The host has no public address."
  }

  assert {
    condition = (
      one(jsondecode(aws_iam_role.this.assume_role_policy).Statement).Principal
      == { Service = "ec2.amazonaws.com" }
    )
    error_message = "Only EC2 can assume the role."
  }

  assert {
    condition = length(setintersection(
      flatten([for each in jsondecode(aws_iam_role_policy.management.policy).Statement : each.Action]),
      ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "kms:Decrypt"],
    )) == 0
    error_message = "The role reads no secret."
  }

  assert {
    condition = (
      jsondecode(aws_iam_role_policy.archive[0].policy).Statement[0].Resource
      == "arn:aws:s3:::bucket/parquet/*"
    )
    error_message = "The role writes its own prefix only."
  }

  assert {
    condition     = length(aws_iam_role_policy.catalog) == 0
    error_message = "Without a catalogue the role may not use Glue."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.archive[0].policy, "Delete")
    error_message = "The role deletes nothing from the archive."
  }

  assert {
    condition = (
      toset([for alarm in aws_cloudwatch_metric_alarm.this : alarm.metric_name])
      == toset(["StatusCheckFailed", "StatusCheckFailed_Instance", "CPUUtilization", "disk_used_percent"])
    )
    error_message = "Status, hanging, CPU and disk raise alarms."
  }

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.this), values(aws_cloudwatch_metric_alarm.program)) :
      contains(alarm.alarm_actions, var.alarm_topic_arn)
    ])
    error_message = "Every alarm goes to the topic."
  }

  assert {
    condition = {
      for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.treat_missing_data
      if contains(alarm.alarm_actions, "arn:aws:automate:us-east-1:ec2:reboot")
    } == { deduplicator-1-hung = "missing" }
    error_message = "A host that hangs is rebooted, and missing data reboots none."
  }

  assert {
    condition     = length(aws_dlm_lifecycle_policy.snapshots) == 0
    error_message = "Snapshots are taken only if snapshot_days is set."
  }
}

run "health_of_the_program" {
  module {
    source = "../../modules/host"
  }

  assert {
    condition = {
      for name, alarm in aws_cloudwatch_metric_alarm.program :
      name => [alarm.threshold, alarm.period * alarm.evaluation_periods, alarm.treat_missing_data]
      } == {
      deduplicator-1-health   = [0.5, 60, "breaching"]
      deduplicator-1-degraded = [1, 900, "notBreaching"]
    }
    error_message = "A program that is unhealthy or silent for a minute raises an alarm, a degraded one after 15."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.program :
      alarm.dimensions == tomap({ Host = "deduplicator-1", Program = "deduplicator" })
    ])
    error_message = "An alarm is about one program of one host."
  }

  assert {
    condition = one([
      for each in jsondecode(aws_iam_role_policy.management.policy).Statement :
      each.Resource if each.Sid == "HealthLines"
    ]) == "arn:aws:logs:us-east-1:*:log-group:/kalshi-data/test/health:*"
    error_message = "The role writes lines into its own log group only."
  }
}

run "without_a_program" {
  module {
    source = "../../modules/host"
  }

  variables {
    program          = "production"
    archive          = null
    health_log_group = null
  }

  assert {
    condition = alltrue([
      length(aws_cloudwatch_metric_alarm.program) == 0,
      !strcontains(aws_iam_role_policy.management.policy, "logs:"),
    ])
    error_message = "A host without a program sends no health."
  }
}

run "without_archive_with_snapshots" {
  module {
    source = "../../modules/host"
  }

  variables {
    archive       = null
    snapshot_days = 7
  }

  assert {
    condition     = length(aws_iam_role_policy.archive) == 0
    error_message = "A program without an archive may not use any bucket."
  }

  assert {
    condition     = aws_dlm_lifecycle_policy.snapshots[0].policy_details[0].schedule[0].retain_rule[0].count == 7
    error_message = "A week of daily snapshots is kept."
  }
}

run "with_backups" {
  module {
    source = "../../modules/host"
  }

  variables {
    program = "production"
    archive = null
    backups = { bucket = "backups" }
  }

  assert {
    condition = alltrue([
      for each in jsondecode(aws_iam_role_policy.backups[0].policy).Statement :
      contains(["arn:aws:s3:::backups", "arn:aws:s3:::backups/*", var.key_arn], each.Resource)
    ])
    error_message = "The role uses its own bucket and the key only."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.backups[0].policy, "ObjectVersion")
    error_message = "The role deletes no version of an object."
  }
}

run "rejects_x86" {
  command = plan

  module {
    source = "../../modules/host"
  }

  variables {
    instance_type = "t3.large"
  }

  expect_failures = [var.instance_type]
}

run "with_catalog" {
  module {
    source = "../../modules/host"
  }

  variables {
    catalog = { account_id = "123456789012", database = "kalshi_iceberg" }
  }

  assert {
    condition = (
      toset(jsondecode(aws_iam_role_policy.catalog[0].policy).Statement[0].Resource)
      == toset([
        "arn:aws:glue:us-east-1:123456789012:catalog",
        "arn:aws:glue:us-east-1:123456789012:database/kalshi_iceberg",
        "arn:aws:glue:us-east-1:123456789012:table/kalshi_iceberg/*",
      ])
    )
    error_message = "The role uses one database of Glue and its tables."
  }

  assert {
    condition = alltrue([
      for action in jsondecode(aws_iam_role_policy.catalog[0].policy).Statement[0].Action :
      startswith(action, "glue:") && !strcontains(action, "Delete") && !strcontains(action, "*")
    ])
    error_message = "The role deletes no table and no database."
  }

  assert {
    condition = (
      jsondecode(aws_iam_role_policy.catalog[0].policy).Statement[1]
      == {
        Sid      = "OldMetadata"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject"]
        Resource = ["arn:aws:s3:::bucket/parquet/_iceberg/*"]
      }
    )
    error_message = "The role deletes metadata of the catalogue, and nothing of the archive."
  }
}
