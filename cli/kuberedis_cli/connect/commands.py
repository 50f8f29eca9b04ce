"""`kuberedis env` and `kuberedis cli`: their options and help. Their code is imported when one runs."""

from typing import Annotated

import typer
from typer.core import TyperCommand

from kuberedis_cli.cluster.options import Access, Context, InstanceName, Kubeconfig, Namespace
from kuberedis_cli.connect.reply_forms import ReplyForm
from kuberedis_cli.connect.variables import TOKEN, URL, Form, lines
from kuberedis_cli.errors import UsageError
from kuberedis_cli.output.choice import remember
from kuberedis_cli.output.lines import write_line
from kuberedis_cli.output.panels import INSTANCES
from kuberedis_cli.places import DataDir, place_of
from kuberedis_cli.token.key_source import KeySource
from kuberedis_cli.token.minting import Acl, KeyPrefix, TokenScope, Ttl, minted, wanted
from kuberedis_core.acl_rule import Scope

connect_app = typer.Typer()


@connect_app.command(
    rich_help_panel=INSTANCES,
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
        Form,
        typer.Option(
            "--output", "-o", callback=remember, is_eager=True, help="export for `eval` in a shell, dotenv for a .env file, or json."
        ),
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


class OptionsBeforeCommand(TyperCommand):
    """Options stand before or behind NAME; from the first word of the command for Redis on, nothing is an option."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        ctx.allow_interspersed_args = False
        words = self._words(ctx, args)
        if len(words) > 1 and words[1].startswith("-"):
            before, (name, *behind) = args[: len(args) - len(words)], words
            command = self._words(ctx, behind)
            args = [*before, *behind[: len(behind) - len(command)], name, *command]
        return super().parse_args(ctx, args)

    def _words(self, ctx: typer.Context, args: list[str]) -> list[str]:
        """What stands behind the options at the beginning."""
        found, _, _ = self.make_parser(ctx).parse_args([*args])
        first, others = found.get("name"), found.get("command")
        return [first, *(others if isinstance(others, list | tuple) else ())] if isinstance(first, str) else []


@connect_app.command(
    cls=OptionsBeforeCommand,
    rich_help_panel=INSTANCES,
    epilog="Examples: `kuberedis cli my-cache`, `kuberedis cli my-cache GET user:1`, `kuberedis cli my-cache -o json < commands.txt`",
)
def cli(
    context_: typer.Context,
    name: InstanceName,
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COMMAND [ARGUMENT]...]", help="Without one there is a prompt, or standard input has them."),
    ] = None,
    scope: Annotated[
        Scope | None,
        typer.Option(help="Permit no more than this: read, write or admin; by default all that the key permits.", show_default=False),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="Where the instance answers, such as the URL of `kuberedis proxy`.", show_default=False),
    ] = None,
    output: Annotated[
        ReplyForm,
        typer.Option(
            "--output",
            "-o",
            callback=remember,
            is_eager=True,
            help="text as redis-cli shows it, raw values, json, or auto: text on a terminal, else raw.",
        ),
    ] = ReplyForm.AUTO,
    data_dir: DataDir = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Run Redis commands over HTTP as redis-cli does: one, those of a pipe, or a prompt with history, completion and HELP.

    The exit code is 1 if a reply is an error. SUBSCRIBE, PSUBSCRIBE and MONITOR go on until Ctrl-C.
    """
    place = place_of(context_, Access(namespace, context, kubeconfig), data_dir)
    from kuberedis_cli.connect.console import run
    from kuberedis_cli.connect.endpoint import url_of

    address = url or url_of(place, name)
    signing = KeySource(place).signing_of(name)
    if not run(name, address, signing, scope, command or [], output):
        raise typer.Exit(1)
