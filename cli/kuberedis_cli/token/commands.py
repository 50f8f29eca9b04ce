"""`kuberedis token`: mint an access token from an instance's key, explain one, and revoke one.

A key never comes from the command line, which every user of the machine can read in the process list: it comes from the
data folder of local mode, from an instance's Secret in a cluster, from a file or from standard input.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from kuberedis_cli.cluster.options import Access, Context, InstanceName, Kubeconfig, Namespace
from kuberedis_cli.errors import CommandError
from kuberedis_cli.output.choice import Format, Output
from kuberedis_cli.output.lines import write_line
from kuberedis_cli.places import DataDir
from kuberedis_cli.token.key_source import key_source, text_of, usable
from kuberedis_cli.token.minting import Acl, KeyPrefix, TokenScope, Ttl, minted, wanted
from kuberedis_core.acl_rule import Scope
from kuberedis_core.credentials import Token
from kuberedis_core.instance_secret import Signing


class MintUnlessNamed(TyperGroup):
    """`kuberedis token NAME` means `kuberedis token mint NAME`; an instance called `inspect` or `revoke` needs the long form."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if not args:
            args = ["--help"]
        elif args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["mint", *args]
        return super().parse_args(ctx, args)


KeyFile = Annotated[Path | None, typer.Option(metavar="FILE", help="File that holds the instance's key.", dir_okay=False)]

token_app = typer.Typer(
    cls=MintUnlessNamed,
    rich_markup_mode="markdown",
    help="Mint an access token, explain or revoke one. `kuberedis token NAME` is short for `kuberedis token mint NAME`.",
)


@token_app.command()
def mint(
    context_: typer.Context,
    name: InstanceName,
    scope: TokenScope = Scope.WRITE,
    ttl: Ttl = None,
    key_prefix: KeyPrefix = None,
    acl: Acl = None,
    key_file: KeyFile = None,
    key_stdin: Annotated[bool, typer.Option("--key-stdin", help="Read the instance's key from standard input.")] = False,
    data_dir: DataDir = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Mint a token that reaches the instance NAME, and print it.

    The token is a JWT (HS256) signed with the instance's key. That is taken from where the instance is, which
    `kuberedis --help` tells; --key-file and --key-stdin name another source.

    Example: `kuberedis token my-cache --scope read --ttl 15m --key-prefix user:`
    """
    access = Access(namespace, context, kubeconfig)
    source = key_source(context_, access, data_dir, key_file, key_stdin=key_stdin)
    wish = wanted(scope, ttl, key_prefix, acl)
    try:
        signing = source.signing_of(name)
    except ValueError as error:
        raise CommandError(str(error)) from None
    token, seconds = minted(signing, name, wish)
    write_line(token)
    if sys.stdout.isatty():
        write_line(f"({name}, {scope.value}{f', {wish.rule}' if wish.rule else ''}, valid for {seconds} seconds)", error=True)


@token_app.command()
def inspect(
    context_: typer.Context,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File that holds the token; without it, standard input.", dir_okay=False)
    ] = None,
    instance: Annotated[
        str | None, typer.Option(metavar="NAME", help="Check it as this instance would; by default the one it names.")
    ] = None,
    key_file: KeyFile = None,
    data_dir: DataDir = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.AUTO,
) -> None:
    """Explain a token: what it claims, what it reaches, and why it would be refused.

    Reads the token from standard input, so that it does not show in the process list. Exit code 1 means that it would be
    refused. The signature, and whether the token was revoked, are checked if the key of the instance is found; it is looked
    for as by `kuberedis token NAME`.

    Example: `kuberedis token my-cache | kuberedis token inspect`
    """
    from kuberedis_cli.token import report

    source = key_source(context_, Access(namespace, context, kubeconfig), data_dir, key_file)
    token = _token(token_file)
    signing = report.find_signing(token, instance, source) if key_file is None else Signing((usable(text_of(key_file)),))
    verdict = report.make(token, signing, instance)
    if output.is_text():
        report.print_text(verdict)
    else:
        report.print_json(verdict)
    if verdict.problems:
        raise typer.Exit(1)


@token_app.command()
def revoke(
    context_: typer.Context,
    token_or_id: Annotated[
        str | None, typer.Argument(metavar="[TOKEN|JTI]", show_default=False, help="The token, or its id; without it, standard input.")
    ] = None,
    instance: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the instance; a token names its own.")] = None,
    data_dir: DataDir = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Revoke a token before it expires: no request, stream or wait of it goes on.

    Writes the token's id (`jti`) into the Secret of the instance, or for `kuberedis local` into its data folder, where the
    instance reads it. To revoke all tokens at once, replace the key: `kuberedis rotate NAME --grace 0`.

    Example: `kuberedis token revoke 5f0c8b1e9a --instance my-cache --namespace team-a`
    """
    from kuberedis_cli.token.revocation import revoke_token

    source = key_source(context_, Access(namespace, context, kubeconfig), data_dir)
    text = _token(None) if token_or_id is None else token_or_id.strip()
    try:
        write_line(revoke_token(text, instance, source))
    except ValueError as error:
        raise CommandError(str(error)) from None


def _token(path: Path | None) -> Token:
    if path is not None:
        text = text_of(path)
    else:
        if sys.stdin.isatty():
            write_line("Paste the token, then press Enter:", error=True)
        text = sys.stdin.readline().strip()
    if not text:
        raise CommandError("no token; pass it on standard input, or name a file with --token-file")
    return Token(text.removeprefix("Bearer "))
