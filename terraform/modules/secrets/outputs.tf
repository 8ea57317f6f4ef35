output "key_arn" {
  description = "Key that encrypts everything."
  value       = aws_kms_key.this.arn
}

output "alarm_topic_arn" {
  description = "Topic to which every alarm publishes."
  value       = aws_sns_topic.alarms.arn
}

output "parameter_names" {
  description = "Full names of the secrets by \"program/secret\"."
  value       = { for key, parameter in aws_ssm_parameter.this : key => parameter.name }
}

output "parameter_arns" {
  description = "Patterns that cover each program's own secrets."
  value = {
    for program in keys(var.parameters) :
    program => "arn:aws:ssm:${var.region}:${var.account_id}:parameter${var.parameter_path}/${program}/*"
  }
}
