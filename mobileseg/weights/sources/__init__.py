"""Files that are elsewhere: addresses, the authors' own, Hugging Face's hub."""
