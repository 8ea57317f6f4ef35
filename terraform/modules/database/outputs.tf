output "address" {
  description = "Host name of the instance."
  value       = aws_db_instance.this.address
}

output "master_secret_arn" {
  description = "Secret in which RDS stores and rotates the master password; for operators only."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}
