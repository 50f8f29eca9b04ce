"""Answers that are not what Prometheus sends."""

import asyncio

import pytest

from kuberedis_dashboard.errors import Unavailable
from kuberedis_dashboard.gateway.prometheus import Prometheus
from kuberedis_dashboard.views.charts import Range

INSTANCE = {"metadata": {"namespace": "team", "name": "test-cache"}}
SHOWN = Range(label="a minute", seconds=60, step=2)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"status":"error","error":"out of\\u202eorder"}',
        b'{"status":"success","data":[]}',
        b'{"status":"success","data":{"result":[{"values":[[1]]}]}}',
        b'{"status":"success","data":{"result":[{"values":[["x","1"]]}]}}',
        b'{"status":"success","data":{"result":[{"values":[[1,{}]]}]}}',
    ],
)
def test_what_is_no_answer_of_prometheus_is_told_in_words(answer: bytes) -> None:
    async def main() -> None:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
            client = Prometheus(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/base/")
            try:
                with pytest.raises(Unavailable, match="the answer of Prometheus"):
                    await client.series(INSTANCE, SHOWN, 1000)
            finally:
                await client.close()

    asyncio.run(main())


def test_a_prometheus_that_is_not_there_is_told_in_words() -> None:
    async def main() -> None:
        client = Prometheus("http://127.0.0.1:1")
        try:
            with pytest.raises(Unavailable, match="Prometheus does not answer"):
                await client.series(INSTANCE, SHOWN, 1000)
        finally:
            await client.close()

    asyncio.run(main())
