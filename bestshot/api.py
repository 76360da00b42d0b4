"""The names that are promised to users' own code, with types: looking, planning, acting, a source of one's own."""

from bestshot.analysis.recipes import appraisal_recipe, fingerprint_recipe
from bestshot.cli.main import main
from bestshot.errors import OrganizerError, PhotoError, SourceError, TransientError, UsageError
from bestshot.immich.client import ImmichClient
from bestshot.layout.actions import CopyFile
from bestshot.model.appraisal import Appraisal, Fingerprint
from bestshot.model.faces import FaceModel
from bestshot.model.formats import PHOTO_SUFFIXES, RAW_SUFFIXES
from bestshot.model.groups import GroupKind, PlannedGroup, Verdict
from bestshot.model.photo import FileRole, LinkMethod, Listing, Metadata, Photo, PhotoFile, Skipped
from bestshot.model.selection import ALWAYS, TimeSpan
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.pipeline.outcome import Outcome
from bestshot.plans.document import PlanDocument, PlanGroup, PlanPhoto
from bestshot.plans.plan import Plan
from bestshot.plans.reading import read_plans
from bestshot.settings.settings import Settings
from bestshot.sources.immich.source import ImmichPhotoSource
from bestshot.sources.interface import Examine, PhotoSource
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.sources.whole_files import WholeFileSource
from bestshot.storage.files import write_verified
from bestshot.storage.index import Failure, Index, IndexEntry
from bestshot.storage.picture_cache import PhotoCache
from bestshot.undo.choice import RunChoice
from bestshot.undo.commands import Undone, undo

__all__ = [
    "ALWAYS",
    "PHOTO_SUFFIXES",
    "RAW_SUFFIXES",
    "Appraisal",
    "CopyFile",
    "Examine",
    "FaceModel",
    "Failure",
    "FileRole",
    "Fingerprint",
    "GroupKind",
    "ImmichClient",
    "ImmichPhotoSource",
    "Index",
    "IndexEntry",
    "LinkMethod",
    "Listing",
    "LocalPhotoSource",
    "Metadata",
    "OrganizerError",
    "Outcome",
    "Photo",
    "PhotoCache",
    "PhotoError",
    "PhotoFile",
    "PhotoOrganizer",
    "PhotoSource",
    "Plan",
    "PlanDocument",
    "PlanGroup",
    "PlanPhoto",
    "PlannedGroup",
    "RunChoice",
    "Settings",
    "Skipped",
    "SourceError",
    "TimeSpan",
    "TransientError",
    "Undone",
    "UsageError",
    "Verdict",
    "WholeFileSource",
    "appraisal_recipe",
    "fingerprint_recipe",
    "main",
    "read_plans",
    "undo",
    "write_verified",
]
