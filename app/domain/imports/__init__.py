"""Files that people bring: CSV or JSONL, checked line by line, written by batches."""
