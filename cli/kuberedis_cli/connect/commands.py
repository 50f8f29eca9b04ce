"""`kuberedis env` and `kuberedis cli`: their options and help. Their code is imported when one runs."""

from typing import Annotated

import typer

from kuberedis_cli.cluster.options import Access, Context, InstanceName, Kubeconfig, Namespace
from kuberedis_cli.connect.variables import TOKEN, URL, Form, lines
from kuberedis_cli.errors import UsageError
from kuberedis_cli.output.lines import write_line
from kuberedis_cli.places import DataDir, place_of
from kuberedis_cli.token.key_source import KeySource
from kuberedis_cli.token.minting import Acl, KeyPrefix, TokenScope, Ttl, minted, wanted
from kuberedis_core.acl_rule import Scope

connect_app = typer.Typer()

_PANEL = "Instances"


@connect_app.command(
    rich_help_panel=_PANEL,
    epilog='Examples: `eval "$(kuberedis env my-cache)"`, `kuberedis env my-cache --token --scope read -o dotenv >> .env`',
)
def env(
    context_: typer.Context,
    name: InstanceName,
    token: Annotated[bool, typer.Option("--token", help="Give a new token in place of the instance's key.")] = False,
    scope: TokenScope = Scope.WRITE,
    ttl: Ttl = None,
    key_prefix: KeyPrefix = None,
    acl: Acl = None,
    output: Annotated[
        Form, typer.Option("--output", "-o", help="export for `eval` in a shell, dotenv for a .env file, or json.")
    ] = Form.EXPORT,
    data_dir: DataDir = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Print UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN, which the SDKs of Upstash read.

    The token is the instance's key, which permits everything and does not expire; with --token it is a new one, as
    `kuberedis token` mints it, with the same options.
    """
    if not token and (scope is not Scope.WRITE or ttl or key_prefix or acl):
        raise UsageError("--scope, --ttl, --key-prefix and --acl are for a token; add --token")
    wish = wanted(scope, ttl, key_prefix, acl)
    place = place_of(context_, Access(namespace, context, kubeconfig), data_dir)
    from kuberedis_cli.connect.endpoint import url_of

    url = url_of(place, name)
    signing = KeySource(place).signing_of(name)
    credential = minted(signing, name, wish).token if token else signing.keys[0]
    for line in lines({URL: url, TOKEN: credential}, output):
        write_line(line)
