"""The wire: the only rooms that import httpx, kubernetes or pyghmi, and catch what they raise."""
