"""Place a whole library: find its photos, run them as a batch that resumes, and write what comes out."""
