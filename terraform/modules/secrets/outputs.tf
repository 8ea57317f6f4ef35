output "key_arn" {
  description = "Key that encrypts everything."
  value       = aws_kms_key.this.arn
}

output "parameter_names" {
  description = "Full names of the secrets by \"program/secret\"."
  value       = { for key, parameter in aws_ssm_parameter.this : key => parameter.name }
}

output "parameter_arns" {
  description = "ARN pattern of each program's own secrets, by program."
  value = {
    for program in keys(var.parameters) :
    program => "arn:aws:ssm:${var.region}:${var.account_id}:parameter${var.parameter_path}/${program}/*"
  }
}
