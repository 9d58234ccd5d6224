"""EC2 where moto is kinder than AWS, or slower than a fleet bears: checks before it answers, and answers of our own."""
