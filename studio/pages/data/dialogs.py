"""The dialogs of the Data page: split and its certificate, class balance, accepting predictions."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from core.project.certificate import Certificate, certify
from studio.pages.data.accept_dialog import show_accept
from studio.pages.data.balance import show_balance
from studio.pages.data.certificate_dialog import CertificateDialog
from studio.pages.data.split_dialog import SplitDialog
from studio.session import Session


class Dialogs(QObject):
    """Opens them over `page`."""

    def __init__(self, session: Session, page: QWidget) -> None:
        super().__init__(page)
        self._session, self._page = session, page

    def choose_split(self) -> None:
        """Ask how the images shall be split."""
        SplitDialog(self._session, self._page).open()

    def show_certificate(self) -> None:
        """Show what is in more than one split."""
        self._session.reader.ask("certificate", certify, self._certified)

    def show_balance(self) -> None:
        """Show how balanced the classes are; a chosen bar shows its images in the grid."""
        if self._session.is_open:
            show_balance(self._session, self._page)

    def accept_predictions(self) -> None:
        """Offer the predictions of the last run as labels."""
        if self._session.is_open:
            show_accept(self._session, self._page)

    def _certified(self, certificate: Certificate) -> None:
        CertificateDialog(certificate, "The project as it is split now", self._page).open()
