"""The manifests that come with this package: those of config/ in the repository.

In the repository they are links beside this module; a wheel holds what the links lead to.
"""

from importlib.resources import files

import yaml

from kuberedis_core.body import Body

_FOLDER = files(__name__)


def custom_resource() -> list[Body]:
    """The CustomResourceDefinition."""
    return _documents("crd.yaml")


def operator() -> list[Body]:
    """The operator and what it needs, in the order in which they are to be made; they are to be deleted in the reverse of it.

    The ConfigMap of the policy comes after its binding. An API server stops watching ConfigMaps with the last binding that reads one, and
    for ever has what it knew then: https://github.com/kubernetes/kubernetes/issues/130887
    """
    return [*_documents("admission-policy.yaml"), *_documents("operator-deployment.yaml")]


def _documents(name: str) -> list[Body]:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return [document for document in yaml.safe_load_all(text) if document is not None]
