"""What the VA offers: services, the places they are for, and what clients say."""

from services.models.pages import AreaPage, ServicePage, ServicesIndexPage
from services.models.testimonials import Testimonial

__all__ = ["AreaPage", "ServicePage", "ServicesIndexPage", "Testimonial"]
