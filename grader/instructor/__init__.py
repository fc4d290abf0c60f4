"""What an instructor types: grade. Submissions are staged, answered by a worker, judged, and written as results."""
