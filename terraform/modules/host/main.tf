# The hosts of one program: the same image, the same role, one disk each.

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
  # The Debian project publishes its images in this account.
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
  # checkov:skip=CKV_AWS_88: gatherers call the exchange from a public address, which admits no connections
  # checkov:skip=CKV_AWS_126: status checks come every minute anyway; five minutes suffice for the other metrics
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
    # A throttled host would lose messages. Surplus credits only cost money, and the CPU alarm reports their use.
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
    # A newer image or agent must not replace a host that holds data: operators decide when to replace it.
    ignore_changes = [ami, user_data]
  }
}
