# Daily snapshots of the disks, if the module's caller asks for them.

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
