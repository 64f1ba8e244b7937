"""The core of the lake: specifications, transforms, reading, publishing, and adapters to the two worlds it runs in."""
