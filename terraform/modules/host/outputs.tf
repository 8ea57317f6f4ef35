output "hosts" {
  description = "Instance id, address and zone of each host, by host name."
  value = {
    for name, instance in aws_instance.this : name => {
      instance_id       = instance.id
      address           = instance.private_ip
      availability_zone = instance.availability_zone
    }
  }
}

output "role_name" {
  description = "Name of the hosts' role."
  value       = aws_iam_role.this.name
}
