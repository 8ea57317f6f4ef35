"""Ansible's connection into the namespaces of a host, without a file per task: modules arrive by standard input."""

# Ansible is installed apart from the project's own packages.
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUntypedBaseClass=false

from ansible_collections.community.docker.plugins.connection.nsenter import Connection as Nsenter

DOCUMENTATION = """
name: pipelined_nsenter
short_description: enter the namespaces of a process, and send modules by standard input
description:
  - It does what community.docker.nsenter does, with one command per task instead of five.
options:
  nsenter_pid:
    description:
      - The process whose namespaces are entered.
    type: int
    vars:
      - name: ansible_nsenter_pid
"""


class Connection(Nsenter):
    """A connection whose commands take their input from a pipe, which its parent supports without saying so."""

    transport = "pipelined_nsenter"
    has_pipelining = True
