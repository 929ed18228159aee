"""What came out: published figures beside ours, from the records in results/ alone."""
