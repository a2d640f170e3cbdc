"""Does the file compute what the reference model does, and how accurate are both?"""
