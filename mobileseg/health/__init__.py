"""What works on this machine: `mobileseg doctor`. Everything here needs the base dependencies only."""
