# Alarms of every host: status, hanging, CPU and disk; and of the program on it: its own health.

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

# The program's health as its host sends it (Ansible's role cloudwatch): 1 healthy, 0.5 degraded, 0 unhealthy or silent.
# The best of a minute counts, so that a restart raises no alarm. A host that sends nothing raises the first alarm.
locals {
  program_alarms = {
    health   = { below = 0.5, minutes = 1, missing = "breaching", says = "is unhealthy or does not answer" }
    degraded = { below = 1, minutes = 15, missing = "notBreaching", says = "has been degraded for 15 minutes" }
  }

  hosts_of_program = var.health_log_group == null ? {} : var.hosts

  all_program_alarms = {
    for pair in setproduct(keys(local.hosts_of_program), keys(local.program_alarms)) :
    join("-", pair) => { host = pair[0], kind = pair[1] }
  }
}

resource "aws_cloudwatch_metric_alarm" "program" {
  for_each = local.all_program_alarms

  alarm_name = "${var.name}-${each.key}"
  alarm_description = join(" ", [
    "The ${var.program} on ${each.value.host} ${local.program_alarms[each.value.kind].says}.",
    "The reason is in the last lines of the log group ${coalesce(var.health_log_group, "-")},",
    "stream ${each.value.host}; '${var.program} status' on the host shows all of them.",
  ])
  namespace           = "KalshiData"
  metric_name         = "program_health"
  dimensions          = { Host = each.value.host, Program = var.program }
  statistic           = "Maximum"
  comparison_operator = "LessThanThreshold"
  threshold           = local.program_alarms[each.value.kind].below
  period              = 60
  evaluation_periods  = local.program_alarms[each.value.kind].minutes
  treat_missing_data  = local.program_alarms[each.value.kind].missing
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}
