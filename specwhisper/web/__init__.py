"""What the HTTP API and the web app have in common: who may ask, how slowly, what a log may hold."""
