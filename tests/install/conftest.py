"""The files that install the operator: manifests, chart, Dockerfiles. The chart is tested where helm is installed, and always in CI; what
a release consists of also needs the commits of the repository.
"""

import os
import shutil

from tests.install.manifests import ROOT

_NEED_HELM = [
    "test_chart_installs_what_the_manifests_install.py",
    "test_monitoring.py",
    "test_operator_of_some_namespaces.py",
    "test_commands_of_the_docs.py",
]
_is_whole = bool(os.environ.get("CI"))
_has_helm = shutil.which("helm") is not None
_has_commits = shutil.which("git") is not None and (ROOT / ".git").exists()
collect_ignore = [
    *([] if _is_whole or _has_helm else _NEED_HELM),
    *([] if _is_whole or (_has_helm and _has_commits) else ["test_release_files.py"]),
]
