"""The state of a device (temperatures, clocks, battery, load) and the gates that decide whether it may be measured."""
