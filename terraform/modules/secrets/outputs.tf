output "key_arn" {
  description = "Key that encrypts everything."
  value       = aws_kms_key.this.arn
}

output "parameter_names" {
  description = "Full name of each secret."
  value       = { for key, parameter in aws_ssm_parameter.this : key => parameter.name }
}
