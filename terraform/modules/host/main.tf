# The hosts of one program: same image, same role, one disk each.

locals {
  agent_urls = {
    ssm = join("/", [
      "https://s3.${var.region}.amazonaws.com/amazon-ssm-${var.region}",
      var.agents["ssm"].version,
      "debian_arm64/amazon-ssm-agent.deb",
    ])
    cloudwatch = join("/", [
      "https://amazoncloudwatch-agent-${var.region}.s3.${var.region}.amazonaws.com/debian/arm64",
      var.agents["cloudwatch"].version,
      "amazon-cloudwatch-agent.deb",
    ])
  }
}

data "aws_ami" "debian" {
  # The account in which the Debian project publishes its images.
  owners      = ["136693071363"]
  most_recent = true

  filter {
    name   = "name"
    values = ["debian-13-arm64-*"]
  }

  filter {
    name   = "architecture"
    values = ["arm64"]
  }
}

resource "aws_instance" "this" {
  # checkov:skip=CKV_AWS_88: gatherers call the exchange from a public address, which no security group lets anyone call
  # checkov:skip=CKV_AWS_126: status checks come every minute either way, and five minutes are enough for the rest
  for_each = var.hosts

  ami                         = data.aws_ami.debian.id
  instance_type               = var.instance_type
  subnet_id                   = each.value
  vpc_security_group_ids      = [var.security_group_id]
  associate_public_ip_address = var.public_address
  iam_instance_profile        = aws_iam_instance_profile.this.name
  ebs_optimized               = true
  disable_api_termination     = true

  user_data = templatefile("${path.module}/user_data.sh.tftpl", {
    urls   = local.agent_urls
    agents = var.agents
  })

  credit_specification {
    # A throttled host would lose messages; surplus credits only cost money, and the CPU alarm tells.
    cpu_credits = "unlimited"
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = var.disk_gb
    encrypted   = true
    kms_key_id  = var.key_arn
    tags        = { Name = "${var.name}-${each.key}", Snapshots = "${var.name}-${var.program}" }
  }

  tags = merge(var.tags, { Name = each.key, Program = var.program })

  lifecycle {
    # A newer image or agent must not replace a host that holds data; replacing is an operator's decision.
    ignore_changes = [ami, user_data]
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

# AWS's own policy for managed hosts would also let them read every secret of the account.
resource "aws_iam_role_policy" "management" {
  # checkov:skip=CKV_AWS_290: the agent's actions and PutMetricData know no resources; the latter has its namespace
  # checkov:skip=CKV_AWS_355: the same two statements, which name no resource for the same reason
  name = "management"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
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
    ]
  })
}

resource "aws_iam_role_policy" "secrets" {
  name = "secrets"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "OwnParameters"
        Effect   = "Allow"
        Action   = ["ssm:GetParameter", "ssm:GetParameters"]
        Resource = var.parameter_arns
      },
      {
        Sid      = "DecryptThem"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = var.key_arn
        Condition = {
          StringEquals = { "kms:ViaService" = "ssm.${var.region}.amazonaws.com" }
          StringLike   = { "kms:EncryptionContext:PARAMETER_ARN" = var.parameter_arns }
        }
      },
    ]
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
        # No delete: a repeated export replaces the object, and the bucket keeps what was there.
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
      {
        Sid       = "EncryptObjects"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = var.key_arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${var.region}.amazonaws.com" } }
      },
    ]
  })
}

locals {
  # An agent that has fallen silent sends no disk figures, and a stopped host no status: both count as alarms.
  alarms = {
    status = { in = "AWS/EC2", metric = "StatusCheckFailed", above = 0, seconds = 60, missing = "breaching" }
    cpu    = { in = "AWS/EC2", metric = "CPUUtilization", above = 85, seconds = 300, missing = "missing" }
    disk   = { in = "KalshiData", metric = "disk_used_percent", above = 80, seconds = 300, missing = "breaching" }
  }

  host_alarms = {
    for pair in setproduct(keys(var.hosts), keys(local.alarms)) : join("-", pair) => { host = pair[0], kind = pair[1] }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.host_alarms

  alarm_name          = "${var.name}-${each.key}"
  namespace           = local.alarms[each.value.kind].in
  metric_name         = local.alarms[each.value.kind].metric
  dimensions          = { InstanceId = aws_instance.this[each.value.host].id }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.alarms[each.value.kind].above
  period              = local.alarms[each.value.kind].seconds
  evaluation_periods  = 3
  treat_missing_data  = local.alarms[each.value.kind].missing
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

resource "aws_iam_role" "snapshots" {
  count = var.snapshot_days > 0 ? 1 : 0

  name = "${var.name}-${var.program}-snapshots"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "dlm.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "snapshots" {
  count = var.snapshot_days > 0 ? 1 : 0

  role       = aws_iam_role.snapshots[0].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSDataLifecycleManagerServiceRole"
}

resource "aws_dlm_lifecycle_policy" "snapshots" {
  count = var.snapshot_days > 0 ? 1 : 0

  description        = "Daily snapshots of ${var.program}"
  execution_role_arn = aws_iam_role.snapshots[0].arn

  policy_details {
    resource_types = ["VOLUME"]
    target_tags    = { Snapshots = "${var.name}-${var.program}" }

    schedule {
      name      = "daily"
      copy_tags = true

      create_rule {
        interval      = 24
        interval_unit = "HOURS"
        times         = ["07:00"]
      }

      retain_rule {
        count = var.snapshot_days
      }
    }
  }
}
