"""Shows what a lake on one machine holds, as text and as pages."""
