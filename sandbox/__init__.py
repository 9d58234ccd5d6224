"""A local AWS to respond in: moto's server, extended where responders need more than it has."""
