"""What to do about each reason of a condition that is not as it should be.

The operator's messages say what is wrong with this instance, often with a command; an advice says where to begin, to somebody who sees the
reason for the first time.
"""

from __future__ import annotations

from collections.abc import Mapping

NO_OPERATOR = "The operator has written nothing about it yet. If that stays so for a minute, ask whoever runs the cluster whether it runs."
OUTDATED = "The operator has not seen the latest change yet. If that stays so for a minute, ask whoever runs the cluster whether it runs."
DELETING = "It goes once its objects are gone. If it stays, look for a finalizer in its YAML, and for volumes or pods that do not end."

_POD = "Look at the pod and its events; the logs command shows what it says itself."
_SPEC = "Change the spec as the message says; nothing else of the instance changes until then."
_ROUTE = "Requests from outside do not arrive meanwhile; inside the cluster its Service works."
_REPLICATION = "Look at the members below: one that does not run, or has no link, is where to begin."
_MEMBERS_MOVE = "Nothing has to be done; requests are answered meanwhile."

ADVICE: Mapping[str, str] = {
    # A pod that does not serve.
    "PodNotReady": "Wait for a minute; if it stays so, look at the pod and its events.",
    "PodNotStarted": _POD,
    "PodNotCreated": "A quota or an admission policy may refuse the pod: the message has its words.",
    "Unschedulable": "Free memory or CPU on a node, add a node, or lower spec.resources; also look at spec.podTemplate.",
    "Evicted": "The node ran out of memory or disk. Raise spec.resources, or move other pods away from the node.",
    "ImagePullFailed": "Check spec.version or spec.image, and the credentials for the registry.",
    "ImageNotPulled": "The pod keeps serving with its old image. Check spec.version or spec.image, and the credentials for the registry.",
    "ContainerFailed": _POD,
    "CrashLooping": "Read the log of the run before by the command in the message, then undo the last change of spec.config or version.",
    "OutOfMemory": "Raise spec.resources, or lower spec.maxmemory; the log of the container shows what it did last.",
    "ScriptNotStopped": "Look for the script in the log of the sidecar; split what it does, or raise spec.limits.scriptTimeoutSeconds.",
    "ResizePending": "The node has no room for the new size. Wait, free memory on it, or restart the instance to move it.",
    "NodeLost": "Bring the node back, or say that it is gone by the command in the message.",
    # What the operator could not do.
    "NameConflict": "Delete the other object, or give the instance another name.",
    "NameTaken": "Delete the other object, or give the instance another name.",
    "InvalidSpec": _SPEC,
    "NotAllowed": _SPEC,
    "InvalidAnnotation": "Correct or remove the annotation that the message names.",
    "ApplyFailed": "The API server refused a change: the message has its words. A quota or an admission policy is the usual cause.",
    "DeleteFailed": "The API server refused to delete an object: the message has its words.",
    "KindNotServed": "Have the missing API installed, or choose another way to the instance in the operator's settings.",
    "OperatorFault": "This is a fault of the operator: report it with its log. It tries again by itself.",
    "Stalled": "The message says what has to be fixed before anything continues.",
    # Volumes.
    "VolumePending": "Check that the StorageClass exists and has room, and look at the volume and its events.",
    "VolumeBeingDeleted": "Copy the data to another instance now: they go when the pod ends.",
    "VolumeUnbound": "The volume grows as soon as it is bound; look at the events if it stays so.",
    "ExpansionNotSupported": "Use a StorageClass with allowVolumeExpansion, or copy the data to a larger instance.",
    "Growing": "Nothing has to be done; some kinds of volume grow only when the pod restarts.",
    # The way to it.
    "RouteConflict": f"{_ROUTE} Give it another name or another spec.ingress.host.",
    "RouteNotAdmitted": f"{_ROUTE} Check that an ingress controller for that class is installed.",
    "RouteImpossible": f"{_ROUTE} Change spec.ingress as the message says.",
    "RouteNotRecorded": f"{_ROUTE} The operator tries again by itself.",
    "HostNotAllowed": f"{_ROUTE} Remove spec.ingress.host, or ask an administrator for the host.",
    "HostTaken": f"{_ROUTE} Remove spec.ingress.host, or ask an administrator for the host.",
    "PathTaken": f"{_ROUTE} Give it another name or another spec.ingress.host.",
    "PathHeldBack": f"{_ROUTE} Wait until the time in the message, or give it another name.",
    # Several members.
    "NoPrimary": _REPLICATION,
    "NoQuorum": _REPLICATION,
    "PrimaryLost": "Get the pod with the newest data to run, or decide for another member by the command in the message.",
    "ReplicaDown": _REPLICATION,
    "ReplicaSyncing": "Nothing has to be done unless it lasts: then look at the lag of the members below.",
    "CertificateInvalid": "Correct the Secret that the message names; the certificate before is used until it expires.",
    "CertificateExpiring": "Find out why the certificate is not renewed; replication stops when it expires.",
    "RotatingCA": _MEMBERS_MOVE,
    "Renewing": _MEMBERS_MOVE,
    # On its way.
    "Paused": "Set spec.paused to false to have the operator look after it again.",
    "PullingImage": _MEMBERS_MOVE,
    "Restarting": "Nothing has to be done; requests are refused for some seconds while its only pod is replaced.",
    "MemberNotReady": _MEMBERS_MOVE,
    "Scaling": _MEMBERS_MOVE,
}
"""By reason."""


def advice(reason: str) -> str:
    """What to do about a reason; empty for one that says all there is to say, and for one that a newer operator has."""
    return ADVICE.get(reason, "")
