"""Who may do what: policies of every kind, evaluated as AWS documents."""
