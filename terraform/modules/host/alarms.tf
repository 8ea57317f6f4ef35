# Alarms of every host: status, hanging, CPU and disk.

locals {
  # A host that does not answer for five minutes is rebooted. Missing data reboots none, because it can be missing for all
  # hosts at once.
  reboot = "arn:aws:automate:${var.region}:ec2:reboot"

  # A failed agent sends no disk metric and a stopped host sends no status, so missing data raises both alarms.
  alarms = {
    status = { in = "AWS/EC2", metric = "StatusCheckFailed", above = 0, seconds = 60, missing = "breaching" }
    hung   = { in = "AWS/EC2", metric = "StatusCheckFailed_Instance", above = 0, seconds = 60, missing = "missing" }
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
  evaluation_periods  = each.value.kind == "hung" ? 5 : 3
  treat_missing_data  = local.alarms[each.value.kind].missing
  alarm_actions       = concat([var.alarm_topic_arn], each.value.kind == "hung" ? [local.reboot] : [])
  ok_actions          = [var.alarm_topic_arn]
}
