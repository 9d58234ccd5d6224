"""AWS Config's recorder: what it sees, keeps and tells."""
