# The topic to which all alarms publish. The key's policy in modules/secrets lets CloudWatch encrypt with the key.

resource "aws_sns_topic" "alarms" {
  name              = "${local.name}-alarms"
  kms_master_key_id = module.secrets.key_arn
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms.arn
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_sns_topic_subscription" "alarms" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

# What each program says of its health, with the reason, every 20 s. CloudWatch makes the metric of the alarms out of it.
resource "aws_cloudwatch_log_group" "health" {
  name              = local.health_log_group
  retention_in_days = 365
  kms_key_id        = module.secrets.key_arn
}
