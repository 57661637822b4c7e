"""Where gallery photos come from: each module reads one kind of data set into photo records."""
