"""A command for the user's shell to try an instance with."""


def curl_line(url: str, key_command: str) -> str:
    """A command for the user's shell that writes a first key.

    curl reads the header from a pipe: of an argument every user of the machine could read the key in the process list.

    Args:
        url: Base URL of the instance.
        key_command: A command that prints its key.
    """
    return f"""echo "Authorization: Bearer $({key_command})" | curl -H @- {url}/keys/greeting -d '{{"value": "hello"}}'"""
