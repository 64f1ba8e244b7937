"""What lies behind the ports, on AWS and on one machine."""
