"""Live transcription over a WebSocket, as OpenAI's realtime clients speak it."""
