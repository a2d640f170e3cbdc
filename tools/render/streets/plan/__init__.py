"""Where everything is: the street, its ground, its houses, its furniture, its traffic, the camera."""
