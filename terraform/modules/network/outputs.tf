output "public_subnet_ids" {
  description = "Subnets with a route to the internet, by zone."
  value       = { for zone, subnet in aws_subnet.public : zone => subnet.id }
}

output "private_subnet_ids" {
  description = "Subnets without a route to the internet, by zone."
  value       = { for zone, subnet in aws_subnet.private : zone => subnet.id }
}

output "security_group_ids" {
  description = "Security groups by name: gatherer, deduplicator, production, endpoint."
  value       = { for name, group in aws_security_group.this : name => group.id }
}
