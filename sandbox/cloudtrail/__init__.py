"""Every API call as CloudTrail records it, looks it up and delivers it."""
